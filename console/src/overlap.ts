// The overlapping part of the chosen conflict: lists and events leave it out, so it is asked for when it is looked at.

import { ApiError, type Conflict, type ConflictDetail, type Overlap, get } from "./api";
import type { Store } from "./store";

export function followOverlap(store: Store, show: (parts: Overlap[]) => void): void {
  let asked: Conflict | null = null;
  const ask = async (): Promise<void> => {
    const conflict = store.selected;
    if (conflict === asked) return;
    asked = conflict;
    show([]);
    if (conflict?.rule !== "volume_overlap") return;
    try {
      const detail = await get<ConflictDetail>(`/v1/conflicts/${conflict.conflict_id}`);
      if (asked === conflict) show(detail.overlap);
    } catch (error) {
      // it was dissolved meanwhile, which the event stream tells; or the node is away, which the bar on top tells
      if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
    }
  };
  store.on(["selection", "conflicts"], () => void ask());
}
