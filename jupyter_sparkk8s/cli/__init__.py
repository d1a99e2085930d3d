"""``jupyter sparkk8s <verb>``: an administrator's tools, one file per verb."""
