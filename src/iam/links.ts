/** Navigation of a list that comes in one page; clients follow `next` until it is null. */
export function listLinks(publicUrl: string, path: string) {
  return { self: publicUrl + path, previous: null, next: null };
}

export function selfLink(publicUrl: string, path: string) {
  return { self: publicUrl + path };
}
