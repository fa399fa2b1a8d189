import { AiwmService } from 'cdktf-aiwm';

/** What the examples run: the service in the folder of the same name. */
export const chatService = AiwmService.command(['node', 'server.js'], {
  workingDirectory: 'examples/chat-service',
});

/** The same service as an image, which the Docker examples build from the folder. */
export const chatServiceForDocker = AiwmService.buildFrom('examples/chat-service');
