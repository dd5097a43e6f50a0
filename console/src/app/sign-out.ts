import { call } from "@/client/request.ts"
import { AUTH, askNothingMore, leave } from "@/client/session.ts"

/** Ends the session at the gateway and here. Here it ends whatever the gateway says. */
export async function signOut(): Promise<void> {
  askNothingMore()
  try {
    await call("POST", `${AUTH}/logout`, { body: {}, isLast: true })
  } finally {
    leave()
    window.location.assign("/sign-in")
  }
}
