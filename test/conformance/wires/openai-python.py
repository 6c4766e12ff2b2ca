"""
Every behaviour of a chat by OpenAI's own package for Python, over each upstream's wire; the package holds each answer
to its types. Prints one JSON object: the wire and the name of each check, and "ok" or where it broke.
"""

import json
import traceback

import openai
from pydantic import BaseModel

BASE_URL = "http://localhost:8080/v1"
KEY = "your-api-key"
WIRES = ["every-wire"]
HELLO = [{"role": "user", "content": "Hello!"}]


def tool(name):
    properties = {"city": {"type": "string"}, "days": {"type": "integer"}}
    parameters = {"type": "object", "properties": properties, "required": ["city", "days"]}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = [tool("get_weather"), tool("get_time")]
client = openai.OpenAI(api_key=KEY, base_url=BASE_URL, max_retries=0, _strict_response_validation=True)
checks = []


def check(name):
    return lambda run: checks.append((name, run)) or run


class Trip(BaseModel):
    city: str
    days: int


def ask(model, messages=HELLO, **rest):
    return client.chat.completions.create(model=model, messages=messages, **rest)


@check("text")
def _(wire):
    messages = [{"role": "system", "content": "Be kind."}, *HELLO]
    answer = ask(f"{wire}/plain", messages, temperature=0.5, max_tokens=50)
    assert answer.model == f"{wire}/plain" and answer.object == "chat.completion"
    assert answer.choices[0].message.content == 'Hello from the PLLM sandbox! You said: "Hello!".'
    assert answer.choices[0].finish_reason == "stop"


@check("stream")
def _(wire):
    chunks = list(ask(f"{wire}/plain", stream=True))
    assert "Hello!" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert len({chunk.id for chunk in chunks}) == 1 and len(chunks) > 3
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def go_on(wire, answer, names):
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls" and message.content is None
    assert [call.function.name for call in message.tool_calls] == names
    assert all(set(json.loads(call.function.arguments)) == {"city", "days"} for call in message.tool_calls)
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sun"} for call in message.tool_calls]
    messages = [*HELLO, message.to_dict(), *results]
    assert ask(f"{wire}/plain", messages, tools=TOOLS).choices[0].finish_reason == "stop"


@check("a tool, and its result")
def _(wire):
    go_on(wire, ask(f"{wire}/plain", tools=TOOLS), ["get_weather"])


@check("parallel tools, and their results")
def _(wire):
    go_on(wire, ask(f"{wire}/two-tools", tools=TOOLS), ["get_weather", "get_time"])


@check("parallel tools, streamed")
def _(wire):
    with client.chat.completions.stream(model=f"{wire}/two-tools", messages=HELLO, tools=TOOLS) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        answer = stream.get_final_completion()
    assert [event.index for event in done] == [0, 1]
    calls = answer.choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["get_weather", "get_time"]


@check("structured output")
def _(wire):
    answer = client.chat.completions.parse(model=f"{wire}/plain", messages=HELLO, response_format=Trip)
    assert isinstance(answer.choices[0].message.parsed, Trip)


@check("an image")
def _(wire):
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    answer = ask(f"{wire}/plain", [{"role": "user", "content": [{"type": "text", "text": "What?"}, image]}])
    assert "What?" in answer.choices[0].message.content


@check("thoughts")
def _(wire):
    message = ask(f"{wire}/thinker", reasoning_effort="high").choices[0].message
    assert message.reasoning_content and "Hello!" in message.content


@check("usage")
def _(wire):
    counted = lambda usage: (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
    answer = ask(f"{wire}/short")
    assert answer.choices[0].finish_reason == "length" and counted(answer.usage) == (4, 3, 7)
    *chunks, last = ask(f"{wire}/short", stream=True, stream_options={"include_usage": True})
    assert last.choices == [] and counted(last.usage) == (4, 3, 7)
    assert all(chunk.usage is None for chunk in chunks)


def raised(kind, call):
    try:
        call()
    except kind as error:
        assert type(error) is kind, type(error)
        return error
    raise AssertionError(f"No {kind.__name__} was raised.")


@check("errors")
def _(wire):
    error = raised(openai.RateLimitError, lambda: ask(f"{wire}/busy"))
    assert error.type == "rate_limit_error" and error.response.headers["retry-after"] == "7"
    assert raised(openai.BadRequestError, lambda: ask(f"{wire}/refusing")).type == "invalid_request_error"
    assert raised(openai.InternalServerError, lambda: ask(f"{wire}/down")).status_code == 503


@check("an error in the middle of a stream")
def _(wire):
    for behaviour in ("failing", "cut"):
        stream = ask(f"{wire}/{behaviour}", stream=True)
        assert raised(openai.APIError, lambda: list(stream)).code == "upstream_unavailable"


@check("abort")
def _(wire):
    with ask(f"{wire}/slow", stream=True) as stream:
        assert next(iter(stream)).object == "chat.completion.chunk"


def outcome(run, wire):
    try:
        run(wire)
        return "ok"
    except Exception:
        return traceback.format_exc()


print(json.dumps({f"{wire}: {name}": outcome(run, wire) for wire in WIRES for name, run in checks}))
