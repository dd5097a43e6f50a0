import { request } from "@/client/request.ts"
import { leave } from "@/client/session.ts"

/** Ends the session at the gateway and here. Here it ends whatever the gateway says. */
export async function signOut(): Promise<void> {
  try {
    await request("POST /api/v1/admin/auth/logout", { body: {} })
  } finally {
    leave()
    window.location.assign("/sign-in")
  }
}
