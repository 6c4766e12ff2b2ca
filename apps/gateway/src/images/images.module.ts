import { Module } from '@nestjs/common';
import { ImageGenerationsController } from './image-generations.controller.js';

@Module({ controllers: [ImageGenerationsController] })
export class ImagesModule {}
