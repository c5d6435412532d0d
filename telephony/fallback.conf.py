"""The fallback's server: small, and without anything of the web process's settings."""

worker_class = "gthread"
workers = 1
threads = 8
control_socket_disable = True
graceful_timeout = 2
accesslog = None
loglevel = "warning"
