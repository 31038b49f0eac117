from flask.testing import FlaskClient

from tests.accounts import console


def test_the_right_password_opens_the_console(client: FlaskClient) -> None:
    console.person()
    answer = console.sign_in(client)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "queue" in client.get("/").get_data(as_text=True)
