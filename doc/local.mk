# What people read.
