/** The billing service's calls, as clients of yearly/monthly resources make them: for `registerApi`. */
export { authoritySource } from './bss/authority-source.ts';
export { certificateSource } from './bss/certificate-source.ts';
export { bssErrors } from './bss/errors.ts';
export { type BssPorts, bssRoutes } from './bss/routes.ts';
