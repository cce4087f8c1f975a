# What people read.
dist_man_MANS += doc/hllm.1
dist_doc_DATA += doc/architecture.md doc/faults.md doc/formats.md doc/glossary.md doc/scaling.md
