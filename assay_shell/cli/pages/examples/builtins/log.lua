-- To standard error, with the time; --log-format json makes one object a line. Known secrets are masked.
log.info("deployed cart 1.4.2")
log.warn("3 of 4 replicas are ready")
