// Measures one scenario of ollama-js in this fresh process, and prints what it took as JSON.
//
// Arguments: scenario, the load server's URL, and how many CPU seconds to go on for. `null` is printed when it cannot
// do the scenario. It reads what benchmarks/contenders/readers.py reads.

import { Ollama } from "ollama";

const messages = [{ role: "user", content: "Write." }];
const conversation = Array.from({ length: 1000 }, (_, number) => ({
  role: number % 2 ? "assistant" : "user",
  content: `What was said as number ${number}. `.repeat(3),
}));
const year = (time) => new Date(time).getUTCFullYear();

const [scenario, url, seconds] = process.argv.slice(2);
const client = new Ollama({ host: url });

async function chat() {
  let total = 0;
  for await (const chunk of await client.chat({ model: "m", messages, stream: true })) {
    total += chunk.message.content.length;
    if (chunk.done) return total;
  }
}

async function generate() {
  let total = 0;
  for await (const chunk of await client.generate({ model: "m", prompt: "Write.", stream: true })) {
    total += chunk.response.length;
    if (chunk.done) return total;
  }
}

async function tools() {
  let total = 0;
  for await (const chunk of await client.chat({ model: "m", messages, stream: true })) {
    for (const call of chunk.message.tool_calls ?? []) {
      total += call.function.name.length + call.function.arguments.city.length;
    }
    if (chunk.done) return total;
  }
}

async function streams32() {
  const totals = await Promise.all(Array.from({ length: 32 }, chat));
  return totals.reduce((sum, total) => sum + total);
}

async function version() {
  return (await client.version()).version.length;
}

async function whole(messages) {
  const answer = await client.chat({ model: "m", messages });
  return answer.message.content.length + Number(answer.done);
}

async function embed() {
  const rows = (await client.embed({ model: "m", input: "text" })).embeddings;
  return rows.reduce((sum, row) => sum + row.length, 0) + Math.round(rows[0][0] * 1000);
}

async function list() {
  const { models } = await client.list();
  return models.reduce((sum, model) => sum + model.model.length + model.size + year(model.modified_at), 0);
}

async function show() {
  const answer = await client.show({ model: "m", verbose: true });
  return answer.model_info["tokenizer.ggml.tokens"].length + answer.details.family.length;
}

const calls = {
  chat,
  chat_async: chat,
  generate,
  generate_async: generate,
  tools,
  streams_32: streams32,
  paced: chat,
  version,
  version_async: version,
  chat_whole: () => whole(messages),
  chat_whole_async: () => whole(messages),
  embed,
  conversation: () => whole(conversation),
  list_1000: list,
  show_verbose: show,
};

// Milliseconds from the start of the process until V8 has compiled what runs often.
const WARM_UP = 1000;

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const call = calls[scenario];
if (call === undefined) {
  console.log("null");
} else {
  const result = await call();
  let warming = 1;
  for (; performance.now() < WARM_UP; warming += 1) await call();
  let repetitions = 0;
  const cpu = cpuSeconds();
  const wall = performance.now();
  while (repetitions === 0 || cpuSeconds() - cpu < Number(seconds)) {
    if ((await call()) !== result) throw new Error("two repetitions did not read the same");
    repetitions += 1;
  }
  const sample = {
    cpu: (cpuSeconds() - cpu) / repetitions,
    wall: (performance.now() - wall) / 1000 / repetitions,
    repetitions,
    warming,
    result,
  };
  console.log(JSON.stringify(sample));
}
