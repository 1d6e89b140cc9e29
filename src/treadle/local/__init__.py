"""The local schedulers: sync, threads, processes, and any executor or callable."""
