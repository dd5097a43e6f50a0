// The one way to the gateway: adds who asks, turns every failure into an ApiError, renews the session once on 401.
import { ApiError, fromAnswer } from "./errors.ts"
import type { Operations } from "./schema.ts"
import { accessToken, asking, csrfToken, renew } from "./session.ts"

export type Operation = keyof Operations
export type Answer<O extends Operation> = Operations[O]["answer"]
export type Body<O extends Operation> = Operations[O]["body"]

type Given<O extends Operation> = (Operations[O]["path"] extends undefined ? { path?: undefined } : { path: Operations[O]["path"] }) &
  (Operations[O]["query"] extends undefined ? { query?: undefined } : { query?: Operations[O]["query"] }) &
  (Operations[O]["body"] extends undefined ? { body?: undefined } : { body: Operations[O]["body"] }) & { signal?: AbortSignal }

export type Loose = {
  body?: unknown
  query?: Readonly<Record<string, unknown>> | undefined
  headers?: Readonly<Record<string, string>>
  signal?: AbortSignal | undefined
  /** Send this key or token instead of the session's. */
  credential?: string | undefined
  /** Sent though the page asks for nothing more: the sign-out itself. */
  isLast?: boolean
}

/** One operation of the OpenAPI file, typed by it. Throws ApiError. */
export async function request<O extends Operation>(operation: O, given: Given<O>): Promise<Answer<O>> {
  const [method, template] = operation.split(" ") as [string, string]
  const loose: Loose = { body: given.body, query: given.query as Loose["query"], signal: given.signal }
  return (await call(method, filled(template, given.path as Record<string, unknown> | undefined), loose)) as Answer<O>
}

/** The same for what the OpenAPI file does not list. Throws ApiError. */
export async function call(method: string, path: string, given: Loose = {}): Promise<unknown> {
  const answer = await send(method, path, given)
  if (answer.status === 204) return undefined
  const kind = answer.headers.get("content-type") ?? ""
  if (kind.includes("json")) return answer.json()
  return kind.startsWith("text/") ? answer.text() : answer.blob()
}

/** The raw answer, for streams and downloads. Throws ApiError for anything but success. */
export async function send(method: string, path: string, given: Loose = {}): Promise<Response> {
  const first = await once(method, path, given)
  if (first.ok) return first
  const mayRenew = first.status === 401 && given.credential === undefined && !path.includes("/auth/")
  if (!mayRenew || !(await renew())) throw await fromAnswer(first)
  const second = await once(method, path, given)
  if (second.ok) return second
  throw await fromAnswer(second)
}

async function once(method: string, path: string, given: Loose): Promise<Response> {
  const id = requestId()
  const isOver = () => asking.aborted && !given.isLast
  if (isOver()) return never()
  try {
    return await fetch(withQuery(path, given.query), {
      method,
      headers: headersOf(method, given, id),
      body: bodyOf(given.body),
      signal: given.isLast ? null : AbortSignal.any([asking, ...(given.signal ? [given.signal] : [])]),
      credentials: "same-origin",
      cache: "no-store",
    })
  } catch (failure) {
    if (given.signal?.aborted) throw failure
    if (isOver()) return never()
    throw new ApiError(0, "NETWORK", "The gateway does not answer.", { requestId: id })
  }
}

/** The page is about to go: it is left as it is, without an error that nobody could read. */
function never(): Promise<never> {
  return new Promise(() => undefined)
}

function headersOf(method: string, given: Loose, id: string): Headers {
  const headers = new Headers({ accept: "application/json", "x-request-id": id, ...given.headers })
  const credential = given.credential ?? accessToken()
  if (credential) headers.set("authorization", `Bearer ${credential}`)
  const csrf = csrfToken()
  if (csrf && method !== "GET") headers.set("x-torana-csrf", csrf)
  if (given.body !== undefined && !(given.body instanceof FormData)) headers.set("content-type", "application/json")
  return headers
}

function bodyOf(body: unknown): BodyInit | null {
  if (body === undefined) return null
  return body instanceof FormData ? body : JSON.stringify(body)
}

/** The path with its `{names}` filled in. */
export function filled(template: string, values: Readonly<Record<string, unknown>> | undefined): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values?.[name] ?? "")))
}

/** The path with its query; what is undefined, null or empty is left out, lists repeat their name. */
export function withQuery(path: string, query: Loose["query"]): string {
  const found = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") found.append(name, String(one))
    }
  }
  const text = found.toString()
  return text ? `${path}?${text}` : path
}

function requestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return `console-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`
}
