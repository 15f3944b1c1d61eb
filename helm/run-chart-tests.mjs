// `nx run-many -t chart`: what the chart's tests need, then the tests.
console.log('chart');
