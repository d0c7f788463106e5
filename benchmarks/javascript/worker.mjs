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

async function chat() {
  let total = 0;
  for await (const chunk of await client.chat({ model: "m", messages, stream: true })) {
    total += chunk.message.content.length + Number(chunk.done);
  }
  return total;
}

async function generate() {
  let total = 0;
  for await (const chunk of await client.generate({ model: "m", prompt: "Write.", stream: true })) {
    total += chunk.response.length + Number(chunk.done);
  }
  return total;
}

async function tools() {
  let total = 0;
  for await (const chunk of await client.chat({ model: "m", messages, stream: true })) {
    for (const call of chunk.message.tool_calls ?? []) {
      total += call.function.name.length + call.function.arguments.city.length;
    }
    total += Number(chunk.done);
  }
  return total;
}

async function whole(messages) {
  const answer = await client.chat({ model: "m", messages });
  return answer.message.content.length + Number(answer.done);
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

const version = async () => (await client.version()).version.length;
const call = {
  chat,
  chat_async: chat,
  generate,
  generate_async: generate,
  tools,
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
