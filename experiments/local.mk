# Configurations to start from, and measurements of whole steps.
scalingdir = $(pkgdatadir)/scaling
dist_scaling_SCRIPTS = experiments/scaling/auto.sh experiments/scaling/catalogue.sh experiments/scaling/forecast.sh experiments/scaling/import.sh experiments/scaling/peer-eval.py experiments/scaling/peer-eval.sh \
	experiments/scaling/peer-ids.py experiments/scaling/peer-ids.sh experiments/scaling/peer-import.py experiments/scaling/peer-prepare.py experiments/scaling/peer.sh experiments/scaling/prepare.sh
dist_scaling_DATA = experiments/scaling/README.md experiments/scaling/scaling.sh experiments/scaling/smoke.yaml experiments/scaling/node.yaml \
	experiments/scaling/strong.yaml experiments/scaling/weak.yaml experiments/scaling/placement.yaml experiments/scaling/negatives.yaml \
	experiments/scaling/layouts.yaml experiments/scaling/growth.yaml experiments/scaling/tokens.yaml

referencedir = $(pkgdatadir)/scaling/reference
dist_reference_DATA = experiments/scaling/reference/smoke.csv

# What models learn.
qualitydir = $(pkgdatadir)/quality
dist_quality_SCRIPTS = experiments/quality/cache-age.sh
dist_quality_DATA = experiments/quality/README.md experiments/quality/data.yaml experiments/quality/history.yaml experiments/quality/ids.yaml experiments/quality/ids-temporal.yaml \
	experiments/quality/models.yaml experiments/quality/models-temporal.yaml experiments/quality/negatives.yaml experiments/quality/smoke.yaml \
	experiments/quality/table-2.yaml experiments/quality/table-4.yaml experiments/quality/table-5.yaml experiments/quality/table-6.yaml \
	experiments/quality/table-8.yaml experiments/quality/table-9.yaml experiments/quality/table-10.yaml experiments/quality/table-11.yaml \
	experiments/quality/table-12.yaml experiments/quality/times.yaml experiments/quality/width.yaml

# What some of them have behind a configuration.
qualitywithdir = $(pkgdatadir)/quality/with
dist_qualitywith_DATA = experiments/quality/with/amazon-ids.yaml experiments/quality/with/long.yaml experiments/quality/with/temporal.yaml

configsdir = $(pkgdatadir)/configs
dist_configs_DATA = experiments/configs/README.md experiments/configs/amazon-minilm.yaml experiments/configs/amazon-tinystories.yaml experiments/configs/demo.yaml experiments/configs/growth.yaml experiments/configs/scaling.yaml

# Machines for hllm rehearse.
platformsdir = $(pkgdatadir)/platforms
dist_platforms_SCRIPTS = experiments/platforms/make.sh
dist_platforms_DATA = experiments/platforms/README.md

# The public code's scripts.
reproducedir = $(pkgdatadir)/reproduce
dist_reproduce_DATA = experiments/reproduce/README.md experiments/reproduce/books-hllm-1b.yaml experiments/reproduce/books-hllm-1b-neg28k.yaml \
	experiments/reproduce/books-hllm-7b-neg28k.yaml experiments/reproduce/books-hstu-1b.yaml experiments/reproduce/books-hstu-large.yaml \
	experiments/reproduce/books-hstu-large-neg28k.yaml experiments/reproduce/pixel8m-hllm-1b.yaml \
	experiments/reproduce/books-sasrec-1b.yaml experiments/reproduce/books-sasrec.yaml experiments/reproduce/pixel8m-hstu.yaml \
	experiments/reproduce/pixel8m-sasrec.yaml
