export { deploymentRoutes } from './deployment-routes.ts';
/** Where certificates were pushed and deployed to, forgotten with the certificate; what was deployed keeps working. */
export { type Deployment, deploymentsOf as deployedPlaces, forgetDeployments } from './deployment-store.ts';
/** The tables of this folder that are not in `tables.ts`. */
export { deploymentMigrations } from './migrations.ts';
export { redeploymentHandlers, requireNoRedeployment, scheduleRedeployment } from './redeploy-successor.ts';
