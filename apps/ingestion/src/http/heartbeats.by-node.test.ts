// The same suites, read by node:http: what CORRAL_FAST_HTTP=off leaves. Looked at when a server is started, not when this is loaded.
import './heartbeats.test';
import './heartbeats.reject.test';

process.env['CORRAL_FAST_HTTP'] = 'off';
