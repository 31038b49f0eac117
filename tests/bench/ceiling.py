"""The ceiling: a bare Flask view that returns constant TwiML, under the very server of the line. A process
of its own: `python -m tests.bench.ceiling PORT`."""

import sys

from flask import Flask, Response
from twilio.twiml.voice_response import VoiceResponse

from hotline import config
from hotline.server import Server
from tests.bench import caller


def make(settings: config.Settings) -> Flask:
    """The bare application."""
    app = Flask(__name__)
    answer = VoiceResponse()
    with answer.gather(input="dtmf", num_digits=1, timeout=3) as gather:
        gather.say("您好，这里是儿童保护热线。", language="zh-CN")
    document = str(answer)

    @app.post(caller.VOICE)
    def voice() -> Response:
        return Response(document, mimetype="text/xml")

    return app


if __name__ == "__main__":
    Server("127.0.0.1", int(sys.argv[1]), config.current(), make).run()
