"""What a WSGI server serves."""

from stationapp.app import create_app

app = create_app()
