import { Module } from '@nestjs/common';
import { ImageGenerationsController } from './image-generations.controller.js';
import { ImageUploadsController } from './image-uploads.controller.js';

@Module({ controllers: [ImageGenerationsController, ImageUploadsController] })
export class ImagesModule {}
