import { AiwmService } from 'cdktf-aiwm';

/** The service that the examples run, from the folder of the same name. */
export const chatService = AiwmService.command(['node', 'server.js'], {
  workingDirectory: 'examples/chat-service',
});

/** The same service as an image, which the Docker examples build from the folder. */
export const chatServiceForDocker = AiwmService.buildFrom('examples/chat-service');
