/** Every endpoint of the product is mounted under both. */
export const V1 = ['v1', 'api/v1'];
export const V1_ADMIN = ['v1/admin', 'api/v1/admin'];
