# How a cluster starts it.
slurmdir = $(pkgdatadir)/slurm
dist_slurm_DATA = slurm/train.sbatch
EXTRA_DIST += slurm/README.md
