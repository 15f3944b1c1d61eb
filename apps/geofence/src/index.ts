export { connectGeofence, createGeofence, type GeofenceContext } from './app';
export { geofenceSettings } from './config';
