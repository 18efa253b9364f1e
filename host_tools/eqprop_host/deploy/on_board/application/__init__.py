"""Programs that boards run while an application is deployed, as those of `deploy.on_board`."""
