"""What passes between a browser and the Spark UI, and which paths are followed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_sparkk8s.server.ui_headers import (
    base_url_warning,
    changes,
    driver_path,
    location,
    request_headers,
    response_headers,
)

PREFIX = "/base/sparkk8s/ui/k"


def test_only_listed_headers_pass() -> None:
    given_headers = {
        "Accept": "text/html",
        "Cookie": "a=b",
        "Authorization": "token x",
        "X-XSRFToken": "x",
        "X-Forwarded-Context": "/elsewhere",
        "Host": "jupyter",
        "Upgrade": "websocket",
    }
    assert request_headers(given_headers, PREFIX) == {"Accept": "text/html", "X-Forwarded-Context": PREFIX}
    answered = {
        "content-type": "text/html",
        "set-cookie": "a=b",
        "service-worker-allowed": "/",
        "access-control-allow-origin": "*",
        "transfer-encoding": "chunked",
        "connection": "close",
        "www-authenticate": "Basic",
        "location": "http://10.0.0.7:4040/jobs/",
    }
    assert response_headers(answered, PREFIX) == {
        "content-type": "text/html",
        "location": f"{PREFIX}/jobs/",
    }


@pytest.mark.parametrize(
    ("given_location", "leads_to"),
    [
        ("http://driver:4040/jobs/", "/jobs/"),
        ("https://evil.example.org/jobs/?id=1#x", "/jobs/?id=1#x"),
        ("//evil.example.org/x", "/x"),
        ("/\\evil.example.org/x", "/evil.example.org/x"),
        ("jobs/", "/jobs/"),
        (f"http://driver:4040{PREFIX}/stages/", "/stages/"),
        ("javascript:alert(1)", "/alert(1)"),
        ("http://[x/jobs/", "/"),
        ("", "/"),
    ],
)
def test_redirects(given_location: str, leads_to: str) -> None:
    assert location(given_location, PREFIX) == PREFIX + leads_to


@settings(max_examples=60, deadline=None)
@given(st.text("/\\:.a%2eh?#@ ", max_size=20))
def test_no_redirect_leads_out(text: str) -> None:
    assert location(text, PREFIX).startswith((PREFIX + "/", PREFIX + "?", PREFIX + "#"))


@pytest.mark.parametrize(
    ("path", "query", "asked"),
    [
        ("/jobs/", "", "/jobs/"),
        ("/jobs/job/", "id=3", "/jobs/job/?id=3"),
        ("/jobs/", "token=abc&id=3", "/jobs/?id=3"),
        ("/jobs/", "id=3&%74oken=abc", "/jobs/?id=3"),
        ("/jobs/", "notoken=1", "/jobs/?notoken=1"),
        ("/api/v1/applications/app-1/jobs", "status=running", "/api/v1/applications/app-1/jobs?status=running"),
        ("/environment/%C3%A9", "", "/environment/%C3%A9"),
        ("/stages/pool/?poolname=a..b", "", "/stages/pool/?poolname=a..b"),
    ],
)
def test_paths_that_are_asked_for(path: str, query: str, asked: str) -> None:
    assert driver_path(path, query) == asked


@pytest.mark.parametrize(
    "path",
    [
        "/../x",
        "/jobs/..",
        "/jobs/./x",
        "/%2e%2e/x",
        "/%2E./x",
        "/%252e%252e/x",
        "/%25252e%25252e/x",
        "/%2525252525252e/x",
        "/..%2fx",
        "/..%5cx",
        "/a\\b",
        "/..;/x",
        "/x;/../y",
        "//evil.example.org/",
        "/%2f/evil",
        "/a%00b",
        "/a%0d%0ab",
        "/a b",
        "jobs",
        "",
    ],
)
def test_paths_that_lead_out(path: str) -> None:
    assert driver_path(path, "") is None


def test_queries_that_end_the_request_early() -> None:
    assert driver_path("/jobs/", "id=1\rHost:evil") is None
    assert driver_path("/jobs/", "id=1 HTTP/1.1") is None


@pytest.mark.parametrize("path", ["/jobs/job/kill/", "/stages/stage/kill", "/jobs/job/%6bill/", "/jobs/job/kill;x=1/"])
def test_paths_that_end_a_job(path: str) -> None:
    assert changes(path)
    assert not changes(path.replace("job/", "").replace("kill", "skilled").replace("%6bill", "job"))


def test_words_in_the_base_url_that_spark_misreads() -> None:
    assert base_url_warning("/user/ana/") == ""
    assert base_url_warning("/proxying/histories/") == ""
    assert "'proxy'" in base_url_warning("/hub/proxy/ana/")
    assert "'history'" in base_url_warning("/hi%73tory/")
