import { isRecord } from "@/client/errors.ts"

/** What of JSON Schema (2020-12) the generated forms understand; the rest is edited as JSON. */
export type Schema = {
  type?: string | string[]
  title?: string
  description?: string
  default?: unknown
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: Schema | boolean
  anyOf?: Schema[]
  $ref?: string
  $defs?: Record<string, Schema>
  minimum?: number
  maximum?: number
  format?: string
}

/** The schema with its `$ref` followed and its "or null" taken off. */
export function settled(schema: Schema, root: Schema): Schema {
  let found = schema
  for (let step = 0; step < 8; step += 1) {
    const target = found.$ref ? root.$defs?.[found.$ref.split("/").at(-1) ?? ""] : undefined
    const only = found.anyOf?.filter((one) => one.type !== "null")
    if (target) found = { ...target, ...without(found, "$ref") }
    else if (only?.length === 1 && only[0]) found = { ...only[0], ...without(found, "anyOf") }
    else break
  }
  return found
}

function without(schema: Schema, name: keyof Schema): Schema {
  const { [name]: _, ...rest } = schema
  return rest
}

export type Kind = "text" | "number" | "switch" | "choice" | "list" | "numbers" | "rows" | "pairs" | "object" | "json"

/** Which control a schema gets. */
export function kindOf(schema: Schema): Kind {
  if (schema.enum) return "choice"
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type
  if (type === "string") return "text"
  if (type === "number" || type === "integer") return "number"
  if (type === "boolean") return "switch"
  if (type === "array" && schema.items?.type === "string" && !schema.items.enum) return "list"
  if (type === "array" && schema.items?.type === "number") return "numbers"
  if (type === "array" && schema.items?.properties) return "rows"
  if (type === "object" && typeof schema.additionalProperties === "object" && schema.additionalProperties.type === "string") return "pairs"
  return type === "object" && schema.properties ? "object" : "json"
}

/** What an empty form starts with: every default, nothing else. */
export function defaultsOf(schema: Schema, root: Schema = schema): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const [name, one] of Object.entries(schema.properties ?? {})) {
    const plain = settled(one, root)
    if (plain.default !== undefined) found[name] = plain.default
    else if (kindOf(plain) === "object") {
      const inner = defaultsOf(plain, root)
      if (Object.keys(inner).length) found[name] = inner
    }
  }
  return found
}

/** The names of required fields that have no value, with dots for what lies deeper. */
export function missing(schema: Schema, value: unknown, root: Schema = schema, before = ""): string[] {
  const held = isRecord(value) ? value : {}
  const found: string[] = []
  for (const [name, one] of Object.entries(schema.properties ?? {})) {
    const plain = settled(one, root)
    const isMissing = held[name] === undefined || held[name] === ""
    if (schema.required?.includes(name) && isMissing) found.push(before + name)
    else if (kindOf(plain) === "object" && !isMissing) found.push(...missing(plain, held[name], root, `${before}${name}.`))
  }
  return found
}

/** `max_tokens` → `Max tokens`. */
export function titleOf(name: string, schema: Schema): string {
  if (schema.title && schema.title.includes(" ")) return schema.title
  const spaced = name.replaceAll("_", " ")
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
