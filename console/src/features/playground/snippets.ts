import type { Parameters } from "@/features/playground/stream.ts"
import type { Turn } from "@/features/playground/turns.ts"

export type Wanted = { origin: string; model: string; turns: readonly Turn[]; parameters: Parameters }
export type Snippet = { id: string; label: string; code: string }

const LONG = 160

/** The same request as programs make it. The key is named, never written; of files only the beginning is shown. */
export function snippets(wanted: Wanted): Snippet[] {
  const short = { ...wanted, turns: shortened(wanted.turns) as readonly Turn[] }
  return [
    { id: "curl", label: "curl", code: curl(short) },
    { id: "python", label: "Python", code: python(short) },
    { id: "typescript", label: "TypeScript", code: typescript(short) },
  ]
}

/** Contents of files by their first letters; texts of people stay whole. */
export function shortened(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((one) => shortened(one))
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([inner, one]) => [inner, shortened(one, inner)]))
  const isFile = typeof value === "string" && value.length > LONG && (value.startsWith("data:") || name === "data")
  return isFile ? `${value.slice(0, LONG / 4)}…` : value
}

function curl({ origin, model, turns, parameters }: Wanted): string {
  const body = JSON.stringify({ model, messages: turns, ...parameters }, null, 2).replaceAll("'", "'\\''")
  return `curl ${origin}/v1/chat/completions \\\n  -H "Authorization: Bearer $TORANA_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${body}'`
}

function python({ origin, model, turns, parameters }: Wanted): string {
  const more = Object.entries(parameters).map(([name, value]) => `    ${name}=${literal(value, 1)},\n`).join("")
  return `import os\n\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${origin}/v1", api_key=os.environ["TORANA_KEY"])\nanswer = client.chat.completions.create(\n    model=${JSON.stringify(model)},\n    messages=${literal(turns, 1)},\n${more})\nprint(answer.choices[0].message.content)\n`
}

/** A value as Python writes it: texts are those of JSON, its three words are others. */
export function literal(value: unknown, depth: number): string {
  const [inner, outer] = ["    ".repeat(depth + 1), "    ".repeat(depth)]
  if (value === null || value === undefined) return "None"
  if (typeof value === "boolean") return value ? "True" : "False"
  if (typeof value !== "object") return JSON.stringify(value)
  const [open, close, lines] = Array.isArray(value)
    ? ["[", "]", value.map((one) => literal(one, depth + 1))]
    : ["{", "}", Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one, depth + 1)}`)]
  return lines.length === 0 ? open + close : `${open}\n${lines.map((line) => `${inner}${line},\n`).join("")}${outer}${close}`
}

function typescript({ origin, model, turns, parameters }: Wanted): string {
  const body = JSON.stringify({ model, messages: turns, ...parameters }, null, 2)
  return `import OpenAI from "openai"\n\nconst client = new OpenAI({ baseURL: "${origin}/v1", apiKey: process.env.TORANA_KEY })\nconst answer = await client.chat.completions.create(${body})\nconsole.log(answer.choices[0]?.message.content)\n`
}
