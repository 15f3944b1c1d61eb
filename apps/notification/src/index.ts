export {
  connectNotification,
  createNotification,
  type Notification,
  type NotificationContext,
  type NotificationOptions,
  type NotificationPorts,
} from './app';
export { notificationSettings, webhookSettings } from './config';
export { signWebhook } from './sign-webhook';
