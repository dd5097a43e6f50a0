import { useMemo } from "react"
import { navigation, type Page } from "@/app/navigation.ts"
import { strings } from "@/app/strings.ts"
import type { User } from "@/client/session.ts"
import { includes, useUser } from "@/shared/session.ts"

export type Group = { id: Page["group"]; label: string; pages: readonly Page[] }

/** The pages that a person may see. */
export function pagesFor(user: User | null, all: readonly Page[] = navigation): Page[] {
  return all.filter((page) => !page.hidden && (user ? !page.permission || includes(user.permissions, page.permission) : page.open === true))
}

/** Those pages below their headings; a heading without a page is left out. */
export function grouped(pages: readonly Page[]): Group[] {
  const ids = Object.keys(strings.groups) as Page["group"][]
  return ids.map((id) => ({ id, label: strings.groups[id], pages: pages.filter((page) => page.group === id) })).filter((group) => group.pages.length > 0)
}

export function useMyPages(): Page[] {
  const user = useUser()
  return useMemo(() => pagesFor(user), [user])
}
