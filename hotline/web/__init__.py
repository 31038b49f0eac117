"""What every page of the console is made of: layout, assets, languages, headers, errors, logs."""

from flask import Flask

from hotline.config import Settings
from hotline.web import (
    appearance,
    audit_log,
    compression,
    errors,
    i18n,
    logs,
    navigation,
    pressure,
    security,
    static_files,
    views,
)


def install(app: Flask, settings: Settings) -> None:
    """Everything that pages share. Call before `hotline.accounts.install`: refusals are pages too."""
    logs.install(app)
    compression.install(app)
    pressure.install(app)
    security.install(app, settings)
    i18n.install(app)
    appearance.install(app)
    errors.install(app)
    static_files.install(app)
    navigation.install(app)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(audit_log.blueprint)
