import { useSyncExternalStore } from "react"
import { currentUser, type User, watchSession } from "@/client/session.ts"

/** Who is signed in; null: nobody. */
export function useUser(): User | null {
  return useSyncExternalStore(watchSession, currentUser)
}

/** Whether a permission is among these: `*` and `area.*` count for what is below them. */
export function includes(permissions: readonly string[], wanted: string): boolean {
  return permissions.some((one) => one === wanted || one === "*" || (one.endsWith(".*") && wanted.startsWith(one.slice(0, -1))))
}

/** Whether to show what needs this permission. The gateway decides all the same. */
export function useMay(permission: string | undefined): boolean {
  const user = useUser()
  return permission === undefined || (user !== null && includes(user.permissions, permission))
}
