// Who is signed in. The access token lives in this module's memory only; a reload gets a new one by the HttpOnly cookie.
import { isRecord } from "./errors.ts"
import type { Me, SignedIn } from "./schema.ts"

export const AUTH = "/api/v1/admin/auth"
const CSRF_COOKIE = "torana_csrf"
const MOST_TRIES = 10
const BETWEEN_MS = 700

export type User = Me

let token = ""
let user: User | null = null
let renewing: Promise<boolean> | null = null
const watchers = new Set<() => void>()

export function accessToken(): string {
  return token
}

export function currentUser(): User | null {
  return user
}

/** Calls back on every sign-in and sign-out; returns how to stop. */
export function watchSession(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** Takes the answer of login, register or refresh. */
export function enter(answer: SignedIn): void {
  token = answer.access_token
  user = answer.user
  for (const watcher of watchers) watcher()
}

/** Forgets the session here; ending it at the gateway is `POST auth/logout`. */
export function leave(): void {
  if (token === "" && user === null) return
  token = ""
  user = null
  for (const watcher of watchers) watcher()
}

const page = new AbortController()

/** Aborted as soon as this page is to ask for nothing more, as somebody signs out of it. */
export const asking: AbortSignal = page.signal

/** What is still asked is let go, and nothing more is asked until the page is loaded anew: it would be answered 401. */
export function askNothingMore(): void {
  page.abort()
}

/** The value that unsafe requests repeat beside the cookie; empty when nobody is signed in. */
export function csrfToken(): string {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${CSRF_COOKIE}=`))
  return found ? decodeURIComponent(found.slice(CSRF_COOKIE.length + 1)) : ""
}

/** A new access token by the cookie; several who ask at once share one answer. Without a cookie nothing is asked. */
export function renew(): Promise<boolean> {
  renewing ??= refreshed().finally(() => {
    renewing = null
  })
  return renewing
}

async function refreshed(): Promise<boolean> {
  const csrf = csrfToken()
  if (csrf === "") {
    leave()
    return false
  }
  const headers = { accept: "application/json", "content-type": "application/json", "x-torana-csrf": csrf }
  try {
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(`${AUTH}/refresh`, { method: "POST", headers, body: "{}", credentials: "same-origin" })
      const said: unknown = await answer.json().catch(() => null)
      if (answer.ok && isSignedIn(said)) {
        enter(said)
        return true
      }
      if (answer.status < 500) leave()
      // 503: the control plane is still starting.
      if (answer.status !== 503 || tries >= MOST_TRIES) return false
      await new Promise((done) => setTimeout(done, BETWEEN_MS))
    }
  } catch {
    // The gateway is away: whoever asked gets its own failure, the session stays as it is.
    return false
  }
}

function isSignedIn(said: unknown): said is SignedIn {
  return isRecord(said) && typeof said.access_token === "string" && isRecord(said.user)
}
