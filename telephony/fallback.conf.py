"""The fallback's server: small, and without anything of the web process's settings."""

worker_class = "gthread"
# One copy of the libraries for both of its processes.
preload_app = True
workers = 1
threads = 8
control_socket_disable = True
graceful_timeout = 2
accesslog = None
loglevel = "warning"
