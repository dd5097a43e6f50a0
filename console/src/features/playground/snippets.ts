import type { Parameters, Turn } from "@/features/playground/stream.ts"

export type Wanted = { origin: string; model: string; turns: readonly Turn[]; parameters: Parameters }
export type Snippet = { id: string; label: string; code: string }

/** The same request as programs make it. The key is named, never written. */
export function snippets(wanted: Wanted): Snippet[] {
  return [
    { id: "curl", label: "curl", code: curl(wanted) },
    { id: "python", label: "Python", code: python(wanted) },
    { id: "typescript", label: "TypeScript", code: typescript(wanted) },
  ]
}

function curl({ origin, model, turns, parameters }: Wanted): string {
  const body = JSON.stringify({ model, messages: turns, ...parameters }, null, 2).replaceAll("'", "'\\''")
  return `curl ${origin}/v1/chat/completions \\\n  -H "Authorization: Bearer $TORANA_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${body}'`
}

function python({ origin, model, turns, parameters }: Wanted): string {
  const more = Object.entries(parameters).map(([name, value]) => `    ${name}=${value},\n`).join("")
  // JSON texts, lists and objects of texts are Python's as well.
  return `import os\n\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${origin}/v1", api_key=os.environ["TORANA_KEY"])\nanswer = client.chat.completions.create(\n    model=${JSON.stringify(model)},\n    messages=${indented(JSON.stringify(turns, null, 4))},\n${more})\nprint(answer.choices[0].message.content)\n`
}

function typescript({ origin, model, turns, parameters }: Wanted): string {
  const body = indented(JSON.stringify({ model, messages: turns, ...parameters }, null, 2), 0)
  return `import OpenAI from "openai"\n\nconst client = new OpenAI({ baseURL: "${origin}/v1", apiKey: process.env.TORANA_KEY })\nconst answer = await client.chat.completions.create(${body})\nconsole.log(answer.choices[0]?.message.content)\n`
}

function indented(text: string, by = 4): string {
  return text.replaceAll("\n", `\n${" ".repeat(by)}`)
}
