import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { ApiError } from "@/client/errors.ts"
import { call, filled, withQuery } from "@/client/request.ts"
import { accessToken, askNothingMore, enter, leave } from "@/client/session.ts"

const SETTINGS = { currency: "USD", time_zone: "UTC", locale: "en" }
const USER = { id: "u", email: "e", name: "n", kind: "person", role: "admin", operator: false, tenant: "t", tenant_name: "T", department: "", team: "", permissions: ["keys.read"], settings: SETTINGS }
const SESSION = { access_token: "fresh", token: "fresh", token_type: "bearer", expires_in: 900, refresh_token: null, user: USER }
type Asked = { url: string; init: RequestInit & { headers: Headers } }
let asked: Asked[]

function answering(...answers: Response[]): void {
  asked = []
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push({ url, init: { ...init, headers: new Headers(init.headers) } })
    return answers.shift() ?? new Response(null, { status: 204 })
  })
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", "x-request-id": "req_1" } })

beforeEach(() => {
  vi.stubGlobal("document", { cookie: "torana_csrf=c-1; other=2" })
  enter({ ...SESSION, access_token: "old" })
})
afterEach(() => {
  leave()
  vi.unstubAllGlobals()
})

test("a request carries the access token, a request id, and the CSRF value when it changes something", async () => {
  answering(json({ ok: true }), json({ ok: true }))
  await call("GET", "/a")
  await call("POST", "/a", { body: { x: 1 } })
  expect(asked[0]?.init.headers.get("authorization")).toBe("Bearer old")
  expect(asked[0]?.init.headers.get("x-request-id")).toMatch(/^console-[0-9a-f]{16}$/)
  expect(asked[0]?.init.headers.has("x-torana-csrf")).toBe(false)
  expect(asked[1]?.init.headers.get("x-torana-csrf")).toBe("c-1")
  expect(asked[1]?.init.body).toBe('{"x":1}')
})

test("an expired token is renewed once and the request repeated", async () => {
  answering(json({ error_code: "TOKEN_EXPIRED", message: "old" }, 401), json(SESSION), json({ found: 1 }))
  expect(await call("GET", "/a")).toEqual({ found: 1 })
  expect(asked.map((one) => one.url)).toEqual(["/a", "/api/v1/admin/auth/refresh", "/a"])
  expect(asked[2]?.init.headers.get("authorization")).toBe("Bearer fresh")
})

test("a second refusal is an error, and a refused renewal ends the session", async () => {
  answering(json({ error_code: "TOKEN_EXPIRED" }, 401), json({}, 401))
  await expect(call("GET", "/a")).rejects.toMatchObject({ status: 401, code: "TOKEN_EXPIRED" })
  expect(accessToken()).toBe("")
  expect(asked.length).toBe(2)
})

test("a key that was pasted is sent as it is and never renewed", async () => {
  answering(json({ error: { message: "no such key", code: "key_invalid" }, error_code: "KEY_INVALID" }, 401))
  await expect(call("GET", "/a", { credential: "sk-1" })).rejects.toMatchObject({ code: "KEY_INVALID", message: "no such key", requestId: "req_1" })
  expect(asked.length).toBe(1)
  expect(asked[0]?.init.headers.get("authorization")).toBe("Bearer sk-1")
})

test("an error names its code, message, field and when to try again", async () => {
  const answer = json({ status: "error", error_code: "REQUEST_INVALID", message: "name: too long", details: { field: "name" } }, 400)
  answer.headers.set("retry-after", "3")
  answering(answer)
  const error = await call("POST", "/a", { body: {} }).catch((why: unknown) => why)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ code: "REQUEST_INVALID", message: "name: too long", field: "name", retryAfterS: 3 })
})

test("a gateway that does not answer is an error of its own", async () => {
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("failed")))
  await expect(call("GET", "/a")).rejects.toMatchObject({ status: 0, code: "NETWORK" })
})

test("paths and queries are encoded, what is empty is left out", () => {
  expect(filled("/keys/{id}/x", { id: "a/b ?" })).toBe("/keys/a%2Fb%20%3F/x")
  expect(withQuery("/k", { q: "a&b", none: undefined, empty: "", nothing: null, zero: 0, list: ["x", "y"] })).toBe("/k?q=a%26b&zero=0&list=x&list=y")
})

// The last one here: the page stays as it is from then on.
test("once somebody signs out, what is under way is let go, nothing more is asked, and neither is told as an error", async () => {
  let signal: AbortSignal | null | undefined
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => new Promise((_done, fail) => {
    signal = init.signal
    signal?.addEventListener("abort", () => fail(new DOMException("aborted", "AbortError")))
  }))
  const told: string[] = []
  const listen = (name: string, one: Promise<unknown>) => void one.then(() => told.push(name), () => told.push(name))
  listen("under way", call("GET", "/a"))
  askNothingMore()
  expect(signal?.aborted).toBe(true)
  answering(json({ signed: "out" }))
  listen("later", call("GET", "/b"))
  expect(await call("POST", "/out", { body: {}, isLast: true })).toEqual({ signed: "out" })
  expect(asked.map((one) => one.url)).toEqual(["/out"])
  expect(told).toEqual([])
})
