/** The billing service's calls, as clients of yearly/monthly resources make them: for `registerApi`. */
export { bssErrors } from './bss/errors.ts';
export { type BssPorts, bssRoutes } from './bss/routes.ts';
