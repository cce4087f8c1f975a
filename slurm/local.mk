# How a cluster starts it.
