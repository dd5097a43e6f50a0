import { Tabs as Radix } from "radix-ui"
import { type ReactNode, useEffect, useRef } from "react"

export type Tab = { id: string; label: ReactNode; content: ReactNode }

export function Tabs({ label, tabs, value, onChange }: { label: string; tabs: readonly Tab[]; value: string; onChange: (id: string) => void }) {
  const list = useRef<HTMLDivElement>(null)
  // On a phone there are more tabs than fit: the one that is open is among those seen.
  useEffect(() => {
    const [row, open] = [list.current, list.current?.querySelector<HTMLElement>("[data-state=active]")]
    if (!row || !open) return
    const [begin, end] = [open.offsetLeft - row.offsetLeft, open.offsetLeft - row.offsetLeft + open.offsetWidth]
    if (begin < row.scrollLeft || end > row.scrollLeft + row.clientWidth) row.scrollLeft = begin - (row.clientWidth - open.offsetWidth) / 2
  }, [value])
  return (
    <Radix.Root value={value} onValueChange={onChange}>
      <Radix.List ref={list} aria-label={label} className="mb-4 flex gap-1 overflow-x-auto border-b">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.id}
            value={tab.id}
            className="touch -mb-px border-b-2 border-transparent px-3 text-sm font-medium whitespace-nowrap text-quiet -outline-offset-2 hover:text-text data-[state=active]:border-accent data-[state=active]:text-text"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => <Radix.Content key={tab.id} value={tab.id}>{tab.content}</Radix.Content>)}
    </Radix.Root>
  )
}
