// Drives the unmodified Vercel AI SDK through one road and writes what it saw as JSON.
// Arguments: one JSON object {origin, key, client, model}. It judges nothing: test_ai_sdk.py does.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { Output, generateText, isStepCount, jsonSchema, streamText, tool } from 'ai';

globalThis.AI_SDK_LOG_WARNINGS = false;
const road = JSON.parse(process.argv[2]);
const apiKey = road.key;
const clients = {
  ai_chat: () => createOpenAI({ baseURL: `${road.origin}/v1`, apiKey }).chat(road.model),
  ai_responses: () => createOpenAI({ baseURL: `${road.origin}/v1`, apiKey }).responses(road.model),
  ai_messages: () => createAnthropic({ baseURL: `${road.origin}/v1`, apiKey })(road.model),
  ai_generate: () => createGoogleGenerativeAI({ baseURL: `${road.origin}/v1beta`, apiKey })(road.model),
};
const model = clients[road.client]();
const base = { model, maxRetries: 0, maxOutputTokens: 200 };
const object = (properties) => jsonSchema({
  type: 'object', properties, required: Object.keys(properties), additionalProperties: false,
});
// Without it the SDK asks models whose names it does not know for a call of a tool of its own instead.
const providerOptions = { anthropic: { structuredOutputMode: 'outputFormat' } };
const text = { type: 'string' };
const output = Output.object({ schema: object({ setup: text, punchline: text }) });
const weather = { description: 'The weather of a place', inputSchema: object({ location: text }) };
const places = [];
const tools = { get_weather: tool(weather) };
const running = { get_weather: tool({ ...weather, execute: async ({ location }) => { places.push(location); return 'sunny'; } }) };
const question = 'What is the weather in San Francisco, CA?';

const bad = 'refuse this as invalid';

async function failure(run) {
  try {
    await run();
  } catch (error) {
    return { name: error.name, status: error.statusCode, message: error.message };
  }
  return { name: 'nothing was thrown' };
}

const told = async (answer) => ({
  text: await answer.text,
  finish: await answer.finishReason,
  calls: (await answer.toolCalls).map((call) => ({ name: call.toolName, input: call.input })),
  usage: await answer.usage,
});

const cases = {
  text: async () => told(await generateText({ ...base, prompt: 'Hello' })),
  stream: async () => {
    const answer = streamText({ ...base, prompt: 'Hello', onError: () => {} });
    const pieces = [];
    for await (const piece of answer.textStream) pieces.push(piece);
    return { ...(await told(answer)), pieces };
  },
  tools: async () => told(await generateText({ ...base, prompt: question, tools })),
  streamedTools: async () => {
    const answer = streamText({ ...base, prompt: question, tools, onError: () => {} });
    await answer.consumeStream();
    return told(answer);
  },
  toolLoop: async () => {
    const answer = await generateText({ ...base, prompt: question, tools: running, stopWhen: isStepCount(3) });
    return { text: answer.text, steps: answer.steps.length, places };
  },
  object: async () => (await generateText({ ...base, prompt: 'Tell me a joke about dogs.', output, providerOptions })).output,
  streamedObject: async () => {
    const answer = streamText({ ...base, prompt: 'Tell me a joke about dogs.', output, providerOptions, onError: () => {} });
    await answer.consumeStream();
    return answer.output;
  },
  refused: () => failure(() => generateText({ ...base, prompt: bad })),
  refusedStream: () => failure(() => new Promise((resolve, reject) => {
    streamText({ ...base, prompt: bad, onError: ({ error }) => reject(error) }).consumeStream().then(resolve, reject);
  })),
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
