"""Messages are cut out of the stream however it was chopped, and positions convert both ways."""

from hypothesis import given
from hypothesis import strategies as st

from awaitlens.edge.convert import place, span, units
from awaitlens.edge.frames import Frames, frame
from awaitlens.source import Encoding, Source, Span

ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]
TEXT = st.text(st.sampled_from("ab \t\f\r\n\x0b\x85\u2028\u00e9\u4e2d\U0001f40d"), max_size=60)


@given(st.lists(st.text()), st.lists(st.integers(1, 40)))
def test_messages_come_out_as_they_went_in(texts: list[str], cuts: list[int]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    stream, frames, out = b"".join(map(frame, texts)), Frames(), []
    for cut in cuts:
        out += list(frames.feed(stream[:cut]))
        stream = stream[cut:]
    out += list(frames.feed(stream))
    assert [body.decode() for body in out] == texts


def test_header_blocks_may_say_more_and_in_any_spelling() -> None:
    stream = b"X: 1\r\n\r\nContent-Type: application/vscode-jsonrpc\r\ncontent-length:  2 \r\n\r\n{}"
    assert list(Frames().feed(stream)) == [b"{}"]


@given(TEXT, st.data())
def test_a_span_survives_the_way_to_the_editor_and_back(text: str, data: st.DataObject) -> None:
    source, encoding = Source("a.py", text), data.draw(st.sampled_from(ENCODINGS))
    ends = [(n, len(source.line_text(n))) for n in range(len(source.lines))] or [(0, 0)]
    line, width = data.draw(st.sampled_from(ends))
    column = data.draw(st.integers(0, width))
    there = units(Span(line, column, line, width), source, encoding)
    start = {"line": there[0], "character": there[1]}
    end = {"line": there[2], "character": there[3]}
    assert span({"start": start, "end": end}, source, encoding) == Span(line, column, line, width)


@given(TEXT, st.integers(-2, 70), st.integers(-2, 70), st.sampled_from(ENCODINGS))
def test_every_position_lands_inside_the_text(
    text: str, line: int, character: int, encoding: Encoding
) -> None:
    source = Source("a.py", text)
    placed = place({"line": line, "character": character}, source, encoding)
    assert 0 <= source.offset(*placed) <= len(text)
    assert placed[0] <= len(source.lines)
    assert placed[1] <= len(source.line_text(placed[0]))
