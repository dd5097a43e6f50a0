import { DropdownMenu } from "radix-ui"
import { cx } from "@/shared/classes.ts"
import type { MenuProps } from "@/shared/parts/menu.tsx"

// Not modal: a modal menu of Radix locks scrolling with a style element, which the Content-Security-Policy refuses.
export default function LoadedMenu({ trigger, items, head }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className="rise z-40 min-w-52 rounded-xl border bg-raised p-1 shadow-float">
          {head && <DropdownMenu.Label className="px-3 py-2">{head}</DropdownMenu.Label>}
          {items.map((item, place) =>
            item === "line" ? (
              <DropdownMenu.Separator key={place} className="my-1 h-px bg-line" />
            ) : (
              <DropdownMenu.Item
                key={item.id}
                onSelect={item.onSelect}
                className={cx("touch flex items-center gap-2.5 rounded-lg px-3 text-sm outline-none data-[highlighted]:bg-soft", item.danger && "text-bad")}
              >
                <span className="inline-grid w-5 place-items-center" aria-hidden>{item.icon}</span>
                <span className="flex-1">{item.label}</span>
                {item.checked && <span aria-hidden>✓</span>}
              </DropdownMenu.Item>
            ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
