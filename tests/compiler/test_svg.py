import pytest

from asygrammar.compiler.svg import SvgError, safe_svg

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' width="10" height="5" viewBox="0 0 10 5" %s>%s</svg>'
)


def cleaned(body="", attributes=""):
    return safe_svg((HEAD % (attributes, body)).encode()).decode()


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        ("<script>alert(1)</script>", "alert"),
        ('<g onload="alert(1)"/>', "alert"),
        ('<a xlink:href="javascript:alert(1)"><path d="M0 0"/></a>', "alert"),
        ('<use xlink:href="http://example.org/x#y"/>', "example"),
        ('<use href="//example.org/x#y"/>', "example"),
        ('<image xlink:href="file:///etc/passwd"/>', "passwd"),
        ('<image xlink:href="data:image/svg+xml;base64,AAAA"/>', "svg+xml"),
        ("<foreignObject><p>alert</p></foreignObject>", "alert"),
        ("<style>@import 'http://example.org'</style>", "example"),
        ('<path style="fill:url(http://example.org)"/>', "url(http"),
        ("<path style=\"fill:url( 'http://example.org' )\"/>", "url( "),
        ('<path style="background:\\75rl(http://example.org)"/>', "example"),
        ('<path fill="URL(http://example.org)"/>', "URL(http"),
        ("<?xml-stylesheet href='http://example.org'?>", "example"),
        ("<!-- alert -->", "alert"),
        ('<set attributeName="href" to="javascript:alert(1)"/>', "alert"),
        ("<title>alert</title>", "alert"),
    ],
)
def test_only_drawing_is_left(body, gone):
    assert gone not in cleaned(body)


def test_drawing_stays():
    body = (
        '<defs><symbol id="g1"><path d="M0 0" style="stroke:none;"/></symbol></defs>'
        '<use xlink:href="#g1" x="1" y="2"/><g clip-path="url(#c)"/>'
        '<image xlink:href="data:image/png;base64,AAAA" width="1"/>'
    )
    text = cleaned(body)
    name = text.split('id="')[1].split('"')[0]
    assert name.endswith("-g1")
    assert f'xlink:href="#{name}"' in text
    assert f'clip-path="url(#{name.removesuffix("g1")}c)"' in text
    assert "data:image/png;base64,AAAA" in text
    assert 'style="stroke:none;"' in text


def test_width_keeps_the_shape():
    text = safe_svg((HEAD % ("", "")).encode(), 40).decode()
    assert 'width="40"' in text
    assert 'height="20"' in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<svg",
        "<html/>",
        "<svg/>",
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + HEAD % ("", "&a;"),
    ],
)
def test_what_is_no_svg(text):
    with pytest.raises(SvgError):
        safe_svg(text.encode())
