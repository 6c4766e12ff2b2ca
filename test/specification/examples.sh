# Every example of the API reference, as it stands there.

### chat
curl http://localhost:8080/v1/chat/completions \
-H "Content-Type: application/json" \
-H "Authorization: Bearer your-api-key" \
-d '{
"model": "my-gpt-4",
"messages": [
{"role": "system", "content": "You are a helpful assistant."},
{"role": "user", "content": "Hello!"}
],
"temperature": 0.7,
"max_tokens": 150,
"stream": false
}'

### stream
curl http://localhost:8080/v1/chat/completions \
-H "Content-Type: application/json" \
-H "Authorization: Bearer your-api-key" \
-d '{
"model": "my-gpt-4",
"messages": [{"role": "user", "content": "Count to 10"}],
"stream": true
}'

### completion
curl http://localhost:8080/v1/completions \
-H "Content-Type: application/json" \
-H "Authorization: Bearer your-api-key" \
-d '{
"model": "my-gpt-35-turbo",
"prompt": "Say hello",
"max_tokens": 50
}'

### embeddings
curl http://localhost:8080/v1/embeddings \
-H "Content-Type: application/json" \
-H "Authorization: Bearer your-api-key" \
-d '{
"model": "text-embedding-ada-002",
"input": "Hello world"
}'

### models
curl http://localhost:8080/v1/models \
-H "Authorization: Bearer your-api-key"

### model
curl http://localhost:8080/v1/models/my-gpt-4 \
-H "Authorization: Bearer your-api-key"

### image
curl http://localhost:8080/v1/images/generations \
-H "Content-Type: application/json" \
-H "Authorization: Bearer your-api-key" \
-d '{
"prompt": "A cute cat",
"n": 1,
"size": "1024x1024"
}'

### transcription
curl http://localhost:8080/v1/audio/transcriptions \
-H "Authorization: Bearer your-api-key" \
-F file="@audio.mp3" \
-F model="whisper-1"

### speech
curl http://localhost:8080/v1/audio/speech \
-H "Content-Type: application/json" \
-H "Authorization: Bearer your-api-key" \
-d '{
"model": "tts-1",
"input": "Hello world",
"voice": "alloy"
}' \
--output speech.mp3

### health
curl http://localhost:8080/health

### ready
curl http://localhost:8080/ready

### stats
curl http://localhost:8080/v1/admin/models/stats \
-H "Authorization: Bearer your-api-key"
