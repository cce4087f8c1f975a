# Configurations to start from, and measurements of whole steps.
scalingdir = $(pkgdatadir)/scaling
dist_scaling_SCRIPTS = experiments/scaling/growth.sh experiments/scaling/node.sh experiments/scaling/peer-eval.py experiments/scaling/peer-eval.sh \
	experiments/scaling/peer-prepare.py experiments/scaling/peer.sh experiments/scaling/prepare.sh experiments/scaling/tokens.sh
dist_scaling_DATA = experiments/scaling/README.md experiments/scaling/scaling.sh experiments/scaling/smoke.yaml

configsdir = $(pkgdatadir)/configs
dist_configs_DATA = experiments/configs/amazon-tinystories.yaml experiments/configs/demo.yaml
