// Measures one scenario of ollama-js in this fresh process, and prints what it took as JSON.
//
// Arguments: scenario, the load server's URL, and how many CPU seconds to go on for. `null` is printed when it cannot
// do the scenario. It reads what benchmarks/contenders/attributes.py reads.

import { Ollama } from "ollama";

const messages = [{ role: "user", content: "Write." }];
const conversation = Array.from({ length: 1000 }, (_, number) => ({
  role: number % 2 ? "assistant" : "user",
  content: `What was said as number ${number}. `.repeat(3),
}));
const [scenario, url, seconds] = process.argv.slice(2);
const client = new Ollama({ host: url });
const year = (time) => new Date(time).getUTCFullYear();
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

const said = (answer) => answer.message.content.length + Number(answer.done);
const written = (chunk) => chunk.response.length + Number(chunk.done);
const called = (chunk) => {
  const functions = (chunk.message.tool_calls ?? []).map((call) => call.function);
  return sum(functions.map((one) => one.name.length + one.arguments.city.length)) + Number(chunk.done);
};

async function total(stream, count) {
  let found = 0;
  for await (const chunk of await stream) found += count(chunk);
  return found;
}

async function embed() {
  const rows = (await client.embed({ model: "m", input: Array(256).fill("Write.") })).embeddings;
  return sum(rows.map((row) => row.length)) + Math.round(rows[0][0] * 1000);
}

async function list() {
  const { models } = await client.list();
  return sum(models.map((model) => model.model.length + model.size + year(model.modified_at)));
}

async function show() {
  const answer = await client.show({ model: "m", verbose: true });
  return answer.model_info["tokenizer.ggml.tokens"].length + answer.details.family.length;
}

const chat = () => total(client.chat({ model: "m", messages, stream: true }), said);
const generate = () => total(client.generate({ model: "m", prompt: "Write.", stream: true }), written);
const whole = async (messages) => said(await client.chat({ model: "m", messages }));
const version = async () => (await client.version()).version.length;
const call = {
  chat,
  chat_async: chat,
  generate,
  generate_async: generate,
  tools: () => total(client.chat({ model: "m", messages, stream: true }), called),
  streams_32: async () => sum(await Promise.all(Array.from({ length: 32 }, chat))),
  paced: chat,
  version,
  version_async: version,
  chat_whole: () => whole(messages),
  chat_whole_async: () => whole(messages),
  embed,
  conversation: () => whole(conversation),
  list_1000: list,
  show_verbose: show,
}[scenario];

// Milliseconds from the start of the process until V8 has compiled what runs often.
const WARM_UP = 1000;
const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
let sample = null;

if (call !== undefined) {
  const result = await call();
  let warming = 1;
  for (; performance.now() < WARM_UP; warming += 1) await call();
  let repetitions = 0;
  const cpu = cpuSeconds();
  while (repetitions === 0 || cpuSeconds() - cpu < Number(seconds)) {
    if ((await call()) !== result) throw new Error("two repetitions did not read the same");
    repetitions += 1;
  }
  sample = { cpu: (cpuSeconds() - cpu) / repetitions, repetitions, warming, result };
}
console.log(JSON.stringify(sample));
