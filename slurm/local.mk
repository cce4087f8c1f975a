# How a cluster starts it.
slurmdir = $(pkgdatadir)/slurm
dist_slurm_DATA = slurm/train.sbatch slurm/study.sbatch slurm/container.sbatch slurm/site.conf.example slurm/check-site.sh
EXTRA_DIST += slurm/README.md
