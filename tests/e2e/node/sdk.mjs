// Drives the unmodified openai Node SDK through one road and writes what it saw as JSON.
// Arguments: one JSON object {baseURL, key, wrongKey, chatModel, embeddingModel, shapes}. It judges nothing: test_node_sdk.py does.
import OpenAI from 'openai';

const road = JSON.parse(process.argv[2]);
const { hello, cities, tool, eventQuestion, eventFormat, pictureQuestion } = road.shapes;
const client = new OpenAI({ baseURL: road.baseURL, apiKey: road.key, maxRetries: 0, timeout: 20_000 });
const model = road.chatModel;

async function collected(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function streamed(chunks) {
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const calls = [];
  for (const piece of choices.flatMap((choice) => choice.delta.tool_calls ?? [])) {
    const call = (calls[piece.index] ??= { id: piece.id, name: piece.function.name, arguments: '', pieces: 0 });
    call.arguments += piece.function.arguments ?? '';
    call.pieces += 1;
  }
  return {
    text: choices.map((choice) => choice.delta.content ?? '').join(''),
    finish: choices.map((choice) => choice.finish_reason).filter(Boolean),
    usages: chunks.filter((chunk) => chunk.usage).map((chunk) => chunk.usage),
    lastIsUsage: chunks.at(-1).choices.length === 0,
    withoutChoices: chunks.filter((chunk) => chunk.choices.length === 0).length,
    calls,
  };
}

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return {
      name: error.constructor.name, status: error.status ?? null, code: error.code ?? null, param: error.param ?? null,
      type: error.type ?? null, message: error.message, requestID: error.requestID ?? null,
      retryAfter: error.headers?.get?.('retry-after') ?? null,
    };
  }
  return { name: 'nothing was thrown' };
}

const say = (content, more = {}) => client.chat.completions.create({ model, messages: [{ role: 'user', content }], ...more });

const cases = {
  chat: async () => {
    const answer = await client.chat.completions.create({ model, messages: hello });
    return { text: answer.choices[0].message.content, finish: answer.choices[0].finish_reason, model: answer.model, usage: answer.usage };
  },
  stream: async () => streamed(await collected(await client.chat.completions.create({ model, messages: hello, stream: true }))),
  streamWithUsage: async () =>
    streamed(await collected(await client.chat.completions.create({
      model, messages: hello, stream: true, stream_options: { include_usage: true },
    }))),
  tools: async () => {
    const answer = await client.chat.completions.create({ model, messages: cities, tools: [tool] });
    return { finish: answer.choices[0].finish_reason, calls: answer.choices[0].message.tool_calls };
  },
  streamedTools: async () =>
    streamed(await collected(await client.chat.completions.create({ model, messages: cities, tools: [tool], stream: true }))),
  accumulatedTools: async () => {
    const runner = client.chat.completions.stream({ model, messages: cities, tools: [tool] });
    return (await runner.finalChatCompletion()).choices[0].message.tool_calls;
  },
  schema: async () => {
    const answer = await client.chat.completions.create({ model, messages: eventQuestion, response_format: eventFormat });
    return JSON.parse(answer.choices[0].message.content);
  },
  parse: async () => {
    const answer = await client.chat.completions.parse({ model, messages: eventQuestion, response_format: eventFormat });
    return answer.choices[0].message.content;
  },
  picture: async () => (await client.chat.completions.create({ model, messages: pictureQuestion })).choices[0].message.content,
  embeddings: async () => {
    const answer = await client.embeddings.create({ model: road.embeddingModel, input: ['embed me', 'embed me too'] });
    return answer.data.map((item) => ({ index: item.index, length: item.embedding.length, first: item.embedding[0] }));
  },
  embeddingsAsFloats: async () => {
    const answer = await client.embeddings.create({ model: road.embeddingModel, input: 'embed me', encoding_format: 'float' });
    return answer.data.map((item) => item.embedding.length);
  },
  models: async () => (await collected(await client.models.list())).map((entry) => entry.id),
  oneModel: async () => (await client.models.retrieve(model)).id,
  headers: async () => {
    const { response, request_id } = await client.chat.completions.create({ model, messages: hello }).withResponse();
    return { requestID: request_id, headers: Object.fromEntries(response.headers) };
  },
  hangUp: async () => {
    const stream = await client.chat.completions.create({ model, messages: hello, stream: true });
    let seen = 0;
    for await (const _ of stream) {
      seen += 1;
      if (seen === 2) break;
    }
    return { seen, aborted: stream.controller.signal.aborted };
  },
  wrongKey: () => failure(new OpenAI({ baseURL: road.baseURL, apiKey: road.wrongKey, maxRetries: 0 }).models.list()),
  unknownModel: () => failure(client.chat.completions.create({ model: 'no-such-model', messages: hello })),
  badRequest: () => failure(client.chat.completions.create({ model, messages: [] })),
  refusedByModel: () => failure(say('refuse this as invalid')),
  rateLimited: () => failure(say('too many requests')),
  timedOut: () => failure(client.chat.completions.create({ model, messages: hello }, { timeout: 1 })),
  apiPath: async () => {
    const other = new OpenAI({ baseURL: road.baseURL.replace('/v1', '/api/v1'), apiKey: road.key, maxRetries: 0 });
    return (await other.chat.completions.create({ model, messages: hello })).choices[0].message.content;
  },
  fourHeaders: async () => {
    const found = {};
    for (const name of ['X-API-Key', 'x-goog-api-key', 'api-key', 'Authorization']) {
      const value = name === 'Authorization' ? `Bearer ${road.key}` : road.key;
      const defaultHeaders = { Authorization: null, [name]: value };
      const other = new OpenAI({ baseURL: road.baseURL, apiKey: 'unused', maxRetries: 0, defaultHeaders });
      found[name] = (await other.chat.completions.create({ model, messages: hello })).choices[0].finish_reason;
    }
    return found;
  },
};

const results = {};
for (const [name, run] of Object.entries(cases)) {
  try {
    results[name] = { value: await run() };
  } catch (error) {
    results[name] = { threw: `${error.constructor.name}: ${error.message}` };
  }
}
process.stdout.write(JSON.stringify(results));
