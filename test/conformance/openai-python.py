"""
Every endpoint by OpenAI's own package for Python, which holds each answer to its types: a member that is missing, or of
another type, raises. Prints one JSON object: the name of each check, and "ok" or where it broke.
"""

import asyncio
import io
import json
import traceback

import openai
from pydantic import BaseModel

BASE_URL = "http://localhost:8080/v1"
KEY = "your-api-key"
OPTIONS = {"base_url": BASE_URL, "max_retries": 0, "_strict_response_validation": True}
HELLO = [{"role": "user", "content": "Hello!"}]
RECORDING = ("speech.wav", b"\1" * 40_000, "audio/wav")
PICTURE = ("cat.png", b"pixels", "image/png")
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}

client = openai.OpenAI(api_key=KEY, **OPTIONS)
# The package's own types refuse what OpenAI itself sends: a vector in base64, before it is unpacked, and a
# `finish_reason` of null in the chunks of a completion.
lenient = openai.OpenAI(api_key=KEY, base_url=BASE_URL, max_retries=0)
checks = []


def check(name):
    return lambda run: checks.append((name, run)) or run


class Person(BaseModel):
    name: str
    age: int
    friends: list[str]


@check("chat: whole")
def _():
    answer = client.chat.completions.create(model="my-gpt-4", messages=HELLO, temperature=0.7, seed=2**63 - 1)
    assert answer.object == "chat.completion" and answer.model == "my-gpt-4"
    assert "Hello!" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop" and answer.choices[0].logprobs is None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id.startswith("req_")


@check("chat: several answers")
def _():
    answer = client.chat.completions.create(model="my-gpt-4", messages=HELLO, n=3)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]


@check("chat: streamed, without usage")
def _():
    chunks = list(client.chat.completions.create(model="my-gpt-4", messages=HELLO, stream=True))
    assert "Hello!" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert {chunk.model for chunk in chunks} == {"my-gpt-4"}
    assert len({chunk.id for chunk in chunks}) == 1 and len(chunks) > 3
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


@check("chat: streamed, with usage")
def _():
    options = {"include_usage": True}
    stream = client.chat.completions.create(model="my-gpt-4", messages=HELLO, stream=True, stream_options=options)
    *chunks, last = stream
    assert last.choices == [] and last.usage.total_tokens > 0
    assert all(chunk.usage is None for chunk in chunks)


@check("chat: left in the middle")
def _():
    with client.chat.completions.create(model="slow", messages=HELLO, stream=True) as stream:
        assert next(iter(stream)).object == "chat.completion.chunk"


@check("chat: tools")
def _():
    answer = client.chat.completions.create(model="my-gpt-4", messages=HELLO, tools=[WEATHER])
    assert answer.choices[0].finish_reason == "tool_calls" and answer.choices[0].message.content is None
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    assert set(json.loads(call.function.arguments)) == {"city", "days"}
    result = {"role": "tool", "tool_call_id": call.id, "content": "21 degrees"}
    messages = [*HELLO, answer.choices[0].message.to_dict(), result]
    last = client.chat.completions.create(model="my-gpt-4", messages=messages, tools=[WEATHER])
    assert last.choices[0].finish_reason == "stop"


@check("chat: tools, two at once, streamed")
def _():
    with client.chat.completions.stream(model="two-tools", messages=HELLO, tools=[WEATHER]) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        final = stream.get_final_completion()
    assert [event.index for event in done] == [0, 1]
    calls = final.choices[0].message.tool_calls
    assert [set(json.loads(call.function.arguments)) for call in calls] == [{"city", "days"}] * 2
    assert final.choices[0].finish_reason == "tool_calls"


@check("chat: an answer that is parsed")
def _():
    answer = client.chat.completions.parse(model="my-gpt-4", messages=HELLO, response_format=Person)
    assert isinstance(answer.choices[0].message.parsed, Person)


@check("chat: an answer that is parsed, streamed")
def _():
    with client.chat.completions.stream(model="my-gpt-4", messages=HELLO, response_format=Person) as stream:
        assert any(event.type == "content.delta" for event in stream)
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, Person)


@check("chat: by json_schema and json_object")
def _():
    schema = {"name": "answer", "strict": True, "schema": Person.model_json_schema()}
    for form in ({"type": "json_schema", "json_schema": schema}, {"type": "json_object"}):
        answer = client.chat.completions.create(model="my-gpt-4", messages=HELLO, response_format=form)
        assert isinstance(json.loads(answer.choices[0].message.content), dict)


@check("chat: in parts, with members that nobody knows")
def _():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO", "detail": "low"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, image]}]
    answer = client.chat.completions.create(model="my-gpt-4", messages=messages, extra_body={"top_k": 4})
    assert "What is this?" in answer.choices[0].message.content


@check("chat: asynchronously")
def _():
    async def ask():
        async with openai.AsyncOpenAI(api_key=KEY, **OPTIONS) as other:
            stream = await other.chat.completions.create(model="my-gpt-4", messages=HELLO, stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert "Hello!" in asyncio.run(ask())


@check("chat: the headers of an answer")
def _():
    raw = client.chat.completions.with_raw_response.create(
        model="my-gpt-4", messages=HELLO, extra_headers={"X-Client-Request-Id": "mine"}
    )
    assert raw.headers["x-client-request-id"] == "mine" and raw.headers["x-pllm-model"] == "my-gpt-4"
    assert raw.parse().choices[0].message.role == "assistant"


@check("completions: a text, several, tokens")
def _():
    one = client.completions.create(model="my-gpt-35-turbo", prompt="Say hello", max_tokens=50)
    assert one.object == "text_completion" and one.model == "my-gpt-35-turbo" and one.usage.prompt_tokens == 2
    several = client.completions.create(model="my-gpt-35-turbo", prompt=["a", "b"], n=2, echo=True)
    assert [choice.index for choice in several.choices] == [0, 1, 2, 3]
    assert several.choices[2].text.startswith("b")
    assert len(client.completions.create(model="my-gpt-35-turbo", prompt=[[1, 2], [3]]).choices) == 2


@check("completions: streamed")
def _():
    options = {"include_usage": True}
    *chunks, last = lenient.completions.create(
        model="my-gpt-35-turbo", prompt="Say hello", stream=True, stream_options=options
    )
    assert "Hello" in "".join(chunk.choices[0].text for chunk in chunks)
    assert last.choices == [] and last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens


@check("embeddings: floats, by default and as asked")
def _():
    for model in ("text-embedding-ada-002", "stubborn-embedding"):
        ask = {"model": model, "input": ["Hello world", "Hello"]}
        by_default = lenient.embeddings.create(**ask)
        floats = client.embeddings.create(**ask, encoding_format="float")
        vectors = [one.embedding for one in by_default.data]
        assert all(isinstance(value, float) for value in vectors[0]) and len(vectors[0]) == 8
        for vector, other in zip(vectors, [one.embedding for one in floats.data], strict=True):
            assert all(abs(one - two) < 1e-6 for one, two in zip(vector, other, strict=True))
        assert by_default.model == model and by_default.usage.prompt_tokens == 3


@check("embeddings: of tokens, of so many dimensions")
def _():
    ask = {"model": "text-embedding-ada-002", "input": [[1, 2], [3]], "encoding_format": "float"}
    answer = client.embeddings.create(**ask, dimensions=16)
    assert [len(one.embedding) for one in answer.data] == [16, 16]


@check("models: the list, and one with a slash")
def _():
    names = {model.id for model in client.models.list()}
    assert {"my-gpt-4", "meta-llama/Llama-3.1-8B"} <= names and "closed" not in names
    one = client.models.retrieve("meta-llama/Llama-3.1-8B")
    assert one.id == "meta-llama/Llama-3.1-8B" and one.object == "model" and one.created > 0


@check("images: generated")
def _():
    answer = client.images.generate(prompt="A cute cat", n=2, size="1024x1024")
    assert [image.b64_json[:4] for image in answer.data] == ["iVBO"] * 2 and answer.usage.total_tokens == 21
    linked = client.images.generate(model="dall-e-3", prompt="A cat", response_format="url")
    assert linked.data[0].url.startswith("https:")


@check("images: generated in a stream")
def _():
    stream = client.images.generate(model="dall-e-3", prompt="A cat", stream=True, partial_images=2)
    types = [event.type for event in stream]
    assert types == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]


@check("images: edited, one, several, in a stream")
def _():
    one = client.images.edit(model="dall-e-3", image=PICTURE, prompt="A hat")
    assert len(one.data) == 1
    several = client.images.edit(model="dall-e-3", image=[PICTURE, PICTURE], mask=PICTURE, prompt="A hat", n=2)
    assert len(several.data) == 2
    stream = client.images.edit(model="dall-e-3", image=PICTURE, prompt="A hat", stream=True, partial_images=1)
    assert [event.type for event in stream] == ["image_edit.partial_image", "image_edit.completed"]


@check("images: varied")
def _():
    answer = client.images.create_variation(image=PICTURE, n=2, response_format="url")
    assert [image.url.startswith("https:") for image in answer.data] == [True, True]


@check("transcriptions: in every format")
def _():
    ask = {"model": "whisper-1", "file": RECORDING}
    plain = client.audio.transcriptions.create(**ask)
    assert "40000 bytes" in plain.text and plain.usage.seconds == 3
    for form in ("text", "srt", "vtt"):
        text = client.audio.transcriptions.create(**ask, response_format=form)
        assert isinstance(text, str) and "40000 bytes" in text
    verbose = client.audio.transcriptions.create(**ask, response_format="verbose_json")
    assert verbose.duration == 3 and "40000 bytes" in verbose.segments[0].text
    words = client.audio.transcriptions.create(
        **ask, response_format="verbose_json", timestamp_granularities=["word"]
    )
    assert words.words[0].word == "Hello"


@check("transcriptions: streamed")
def _():
    *deltas, last = client.audio.transcriptions.create(model="gpt-4o-transcribe", file=RECORDING, stream=True)
    assert {event.type for event in deltas} == {"transcript.text.delta"} and last.type == "transcript.text.done"
    assert "".join(event.delta for event in deltas) == last.text and last.usage.input_tokens == 30


@check("transcriptions: of a file object")
def _():
    recording = io.BytesIO(b"\2" * 2_000_000)
    recording.name = "größe \"x\".mp3"
    assert "2000000 bytes" in client.audio.transcriptions.create(model="whisper-1", file=recording).text


@check("translations")
def _():
    assert "40000 bytes" in client.audio.translations.create(model="whisper-1", file=RECORDING).text
    text = client.audio.translations.create(model="whisper-1", file=RECORDING, response_format="text")
    assert isinstance(text, str) and "40000 bytes" in text
    verbose = client.audio.translations.create(model="whisper-1", file=RECORDING, response_format="verbose_json")
    assert verbose.duration == 3


@check("speech: whole")
def _():
    types = {"mp3": "audio/mpeg", "opus": "audio/ogg", "wav": "audio/wav", "pcm": "audio/pcm"}
    for form, content_type in types.items():
        sound = client.audio.speech.create(model="tts-1", input="Hello", voice="alloy", response_format=form)
        assert len(sound.read()) == 30_000 and sound.response.headers["content-type"] == content_type


@check("speech: streamed, and as events")
def _():
    speak = client.audio.speech.with_streaming_response.create
    with speak(model="tts-1", input="Hello", voice="alloy") as sound:
        assert sum(len(piece) for piece in sound.iter_bytes(1_000)) == 30_000
    with speak(model="tts-1", input="Hello", voice="alloy", stream_format="sse") as events:
        names = [line for line in events.iter_lines() if line.startswith("event:")]
    assert names == ["event: speech.audio.delta"] * 3 + ["event: speech.audio.done"]


@check("moderations")
def _():
    answer = client.moderations.create(input=["I want peace", "violence"])
    assert [result.flagged for result in answer.results] == [False, True]
    assert answer.model == "omni-moderation-latest" and answer.results[1].categories.violence
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": "peace"}, image]
    assert len(client.moderations.create(model="omni-moderation-latest", input=parts).results) == 1


def raised(kind, call):
    try:
        call()
    except kind as error:
        assert type(error) is kind, type(error)
        return error
    raise AssertionError(f"No {kind.__name__} was raised.")


def chat(model="my-gpt-4", by=client, **rest):
    return lambda: by.chat.completions.create(model=model, messages=HELLO, **rest)


@check("errors: AuthenticationError")
def _():
    error = raised(openai.AuthenticationError, chat(by=openai.OpenAI(api_key="wrong", **OPTIONS)))
    assert (error.status_code, error.code, error.type) == (401, "invalid_api_key", "authentication_error")
    assert error.request_id.startswith("req_")


@check("errors: PermissionDeniedError")
def _():
    error = raised(openai.PermissionDeniedError, chat("closed"))
    assert (error.status_code, error.code, error.type) == (403, "model_not_allowed", "permission_error")


@check("errors: NotFoundError")
def _():
    for call in (chat("missing"), lambda: client.models.retrieve("missing")):
        error = raised(openai.NotFoundError, call)
        assert (error.status_code, error.code, error.type) == (404, "model_not_found", "invalid_request_error")
    assert raised(openai.NotFoundError, lambda: client.files.list()).code == "unknown_url"


@check("responses: whole, kept, and gone on from")
def _():
    answer = client.responses.create(model="gpt-4.1", input="Hello!")
    assert "Hello!" in answer.output_text and answer.model == "gpt-4.1" and answer.status == "completed"
    assert client.responses.retrieve(answer.id).output_text == answer.output_text
    assert [item.type for item in client.responses.input_items.list(answer.id)] == ["message"]
    second = client.responses.create(model="gpt-4.1", input="And?", previous_response_id=answer.id)
    assert second.previous_response_id == answer.id
    client.responses.delete(answer.id)
    assert raised(openai.NotFoundError, lambda: client.responses.retrieve(answer.id)).code == "not_found"
    lost = lambda: client.responses.create(model="gpt-4.1", input="And?", previous_response_id=answer.id)
    assert raised(openai.BadRequestError, lost).code == "previous_response_not_found"


@check("responses: streamed, with a tool call")
def _():
    tool = {"type": "function", "strict": False, **WEATHER["function"]}
    with client.responses.stream(model="gpt-4.1", input="Weather?", tools=[tool]) as stream:
        kinds = [event.type for event in stream]
        answer = stream.get_final_response()
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert [item.type for item in answer.output] == ["function_call"]
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


@check("errors: BadRequestError, with param and code")
def _():
    error = raised(openai.BadRequestError, chat(temperature=9))
    assert (error.status_code, error.param, error.code) == (400, "temperature", "invalid_value")
    error = raised(openai.BadRequestError, lambda: client.chat.completions.create(model="my-gpt-4", messages=[]))
    assert (error.param, error.code, error.type) == ("messages", "invalid_value", "invalid_request_error")
    error = raised(openai.BadRequestError, chat(stream="maybe"))
    assert (error.param, error.code) == ("stream", "invalid_type")
    empty = lambda: client.audio.speech.create(model="tts-1", input="x" * 4_097, voice="alloy")
    assert raised(openai.BadRequestError, empty).param == "input"


@check("errors: RateLimitError, and when to ask again")
def _():
    error = raised(openai.RateLimitError, chat("busy"))
    assert (error.status_code, error.type) == (429, "rate_limit_error")
    assert error.response.headers["retry-after"] == "7"


@check("errors: InternalServerError")
def _():
    error = raised(openai.InternalServerError, chat("down"))
    assert (error.status_code, error.code, error.type) == (503, "upstream_unavailable", "service_unavailable_error")


@check("errors: in a stream, before it begins and midway")
def _():
    assert raised(openai.InternalServerError, chat("down", stream=True)).status_code == 503
    stream = chat("broken", stream=True)()
    assert "not available" in raised(openai.APIError, lambda: list(stream)).message


@check("errors: of every endpoint")
def _():
    missing = {"model": "missing"}
    calls = (
        lambda: client.completions.create(**missing, prompt="x"),
        lambda: client.embeddings.create(**missing, input="x"),
        lambda: client.images.generate(**missing, prompt="x"),
        lambda: client.images.edit(**missing, image=PICTURE, prompt="x"),
        lambda: client.images.create_variation(**missing, image=PICTURE),
        lambda: client.audio.transcriptions.create(**missing, file=RECORDING),
        lambda: client.audio.translations.create(**missing, file=RECORDING),
        lambda: client.audio.speech.create(**missing, input="x", voice="alloy"),
        lambda: client.moderations.create(**missing, input="x"),
    )
    assert {raised(openai.NotFoundError, call).code for call in calls} == {"model_not_found"}


def outcome(run):
    try:
        run()
        return "ok"
    except Exception:
        return traceback.format_exc()


print(json.dumps({name: outcome(run) for name, run in checks}))
