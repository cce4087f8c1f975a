# What a person starts.
