# How a cluster starts it.
slurmdir = $(pkgdatadir)/slurm
dist_slurm_DATA = slurm/train.sbatch slurm/study.sbatch slurm/site.conf.example
EXTRA_DIST += slurm/README.md
